/**
 * Reads a small XML answer strictly: elements, text, the five entities and character references; attributes are passed over.
 * @returns the text of each element without children, by its path (`AssumeRoleResponse/AssumeRoleResult/…`); undefined for what
 *   is not well-formed, for what AWS's answers never hold (a DOCTYPE, CDATA, an element twice) and for mixed content
 */
export function readXml(document: string): ReadonlyMap<string, string> | undefined {
  const texts = new Map<string, string>();
  const open: { readonly name: string; readonly path: string; text: string; hasChildren: boolean }[] = [];
  let isOver = false;
  const end = () => {
    const element = open.pop();
    const isEmpty = element?.text.trim() === '';
    if (!element || (element.hasChildren && !isEmpty) || texts.has(element.path)) return false;
    if (!element.hasChildren) texts.set(element.path, element.text);
    isOver = open.length === 0;
    return true;
  };

  for (let at = 0; at < document.length; ) {
    token.lastIndex = at;
    const { 0: whole, groups } = token.exec(document) ?? {};
    if (whole === undefined || groups === undefined) return undefined;
    const { declaration, closing, name, empty, characters } = groups;
    const inside = open.at(-1);
    if (declaration !== undefined) {
      if (at > 0) return undefined;
    } else if (characters !== undefined) {
      const text = decode(characters);
      if (text === undefined || (!inside && text.trim() !== '')) return undefined;
      if (inside) inside.text += text;
    } else if (closing !== undefined) {
      if (inside?.name !== closing || !end()) return undefined;
    } else if (name !== undefined) {
      if (isOver || open.length >= deepest) return undefined;
      if (inside) inside.hasChildren = true;
      open.push({ name, path: inside ? `${inside.path}/${name}` : name, text: '', hasChildren: false });
      if (empty && !end()) return undefined;
    }
    at += whole.length;
  }
  return isOver ? texts : undefined;
}

const deepest = 16;

const token =
  /<\?xml (?<declaration>[^?<]*)\?>|<\/(?<closing>[A-Za-z_][\w.-]*)\s*>|<(?<name>[A-Za-z_][\w.-]*)(?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(?<empty>\/?)>|(?<characters>[^<]+)/y;

const entities = new Map(Object.entries({ lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }));

function decode(characters: string): string | undefined {
  let isWhole = true;
  const text = characters.replace(/&(?:(\w+)|#(\d{1,7})|#x([\da-fA-F]{1,6}));|&/g, (_all, name, decimal, hex) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hex ?? '', 16);
    const decoded = name ? entities.get(name) : isCharacter(code) ? String.fromCodePoint(code) : undefined;
    if (decoded === undefined) isWhole = false;
    return decoded ?? '';
  });
  return isWhole ? text : undefined;
}

/** XML 1.0, production 2. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
