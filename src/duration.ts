import { ZspError } from './errors';

const shortest = 60;
const longest = 12 * 3600;
const unitSeconds = { h: 3600, m: 60, s: 1 } as const;

/**
 * Reads a duration as a user types it: `90s`, `15m`, `1h`, `1h30m` or plain seconds, from one minute to twelve hours.
 * @param name what is being read, for the error: a flag or a config key
 * @returns whole seconds
 * @throws ZspError `usage`
 */
export function parseDuration(text: string, name: string): number {
  const seconds = readSeconds(text);
  if (seconds === undefined || seconds < shortest || seconds > longest) {
    throw new ZspError('usage', `${name} is not a duration from 1m to 12h: ${JSON.stringify(text.slice(0, 40))}`, {
      remedy: 'write it like 90s, 15m, 1h, 1h30m or 3600',
    });
  }
  return seconds;
}

function readSeconds(text: string): number | undefined {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const match = /^(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/.exec(text);
  if (!match || text === '') return undefined;
  const [, hours, minutes, seconds] = match;
  return (
    Number(hours ?? 0) * unitSeconds.h + Number(minutes ?? 0) * unitSeconds.m + Number(seconds ?? 0) * unitSeconds.s
  );
}

/** Writes seconds the way a user would say them, to the two largest units: `59m`, `1h`, `1h 5m`, `45s`. */
export function formatDuration(totalSeconds: number): string {
  const whole = Math.max(0, Math.floor(totalSeconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const seconds = whole % 60;
  const parts =
    hours > 0 ? [`${hours}h`, minutes && `${minutes}m`] : [minutes && `${minutes}m`, seconds && `${seconds}s`];
  return parts.filter(Boolean).join(' ') || '0s';
}
