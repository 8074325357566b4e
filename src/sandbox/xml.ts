export type XmlNode = string | number | boolean | undefined | XmlTree | readonly XmlNode[];
export interface XmlTree {
  readonly [name: string]: XmlNode;
}

/** Writes an element; an array repeats it, `undefined` leaves it out. */
export function element(name: string, node: XmlNode, attributes = ''): string {
  if (node === undefined) return '';
  if (Array.isArray(node)) return node.map((one) => element(name, one, attributes)).join('');
  const inside =
    typeof node === 'object'
      ? Object.entries(node)
          .map(([child, value]) => element(child, value))
          .join('')
      : escapeXml(String(node));
  return `<${name}${attributes}>${inside}</${name}>`;
}

/** Also fit for HTML. Characters that XML 1.0 cannot carry become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd')
    .replace(/[&<>"'\r]/g, (character) => entities[character] ?? character);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;',
};
