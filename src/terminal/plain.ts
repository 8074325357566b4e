const ornaments = /[✓✗●○▲━─│❯▀▄█]+ ?/g;

/** Words alone: what a screen reader would spell out sign by sign is left out, or said in ASCII. */
export function plainText(text: string): string {
  return text.replace(ornaments, '').replaceAll('→', 'to').replaceAll('…', '...').replaceAll('·', ',');
}
