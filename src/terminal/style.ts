export type Style = (text: string) => string;

/** The few styles zsp uses, each the identity where colour is off. Meaning never rests on colour alone. */
export interface Palette {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly cyan: Style;
}

export interface ColourWish {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean | undefined;
  /** `--no-color` was given. */
  readonly noColor?: boolean;
}

/** Colour is for terminals, unless `--no-color`, NO_COLOR (https://no-color.org: any value but an empty one) or TERM=dumb says no. */
export function wantsColour({ env, isTTY, noColor }: ColourWish): boolean {
  return isTTY === true && !noColor && !env.NO_COLOR && env.TERM !== 'dumb';
}

export function palette(coloured: boolean): Palette {
  const style = (on: number, off: number): Style =>
    coloured ? (text) => (text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`) : (text) => text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
