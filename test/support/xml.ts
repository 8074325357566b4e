/** As much XML as AWS answers with: elements, attributes that are dropped, text. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
  readonly namespace: string | undefined;
}

/** @throws Error where the text is not well-formed */
export function parseXml(text: string): XmlElement {
  const body = text.replace(/^<\?xml[^>]*\?>\s*/, '');
  const open: { name: string; children: XmlElement[]; text: string; namespace: string | undefined }[] = [
    { name: '', children: [], text: '', namespace: undefined },
  ];
  let end = 0;
  for (const { 0: token, 1: closing, 2: name = '', 3: attributes = '', 4: empty, index } of body.matchAll(
    /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    const current = open.at(-1);
    if (!current) throw new Error('more ends than beginnings');
    current.text += unescaped(body.slice(end, index));
    end = index + token.length;
    if (closing) {
      if (current.name !== name) throw new Error(`<${current.name}> ends as </${name}>`);
      open.pop();
      open.at(-1)?.children.push(current);
    } else {
      const namespace = /\sxmlns="([^"]*)"/.exec(attributes)?.[1];
      const element = { name, children: [], text: '', namespace };
      if (empty) current.children.push(element);
      else open.push(element);
    }
  }
  const [root] = open[0]?.children ?? [];
  if (!root || open.length !== 1 || body.slice(end).trim() !== '') throw new Error('not one element');
  return root;
}

function unescaped(text: string): string {
  if (/[<>]|&(?!(amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.test(text)) throw new Error('a character is not escaped');
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(#x?)?(\w+);/g, (_all, number, name) =>
    number ? String.fromCodePoint(Number.parseInt(name, number === '#x' ? 16 : 10)) : (named[name] ?? ''),
  );
}
