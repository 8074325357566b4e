/** Whether each of the words is part of the name, whatever its case. */
export function hasAll(name: string, words: readonly string[]): boolean {
  const folded = name.toLowerCase();
  return words.every((word) => folded.includes(word.toLowerCase()));
}

/**
 * What is likely meant by a few typed letters: each word must be found in the name, at best at the start of a part of it, at
 * worst as letters in their order. Equally likely names stay in their order.
 */
export function likeliest<Item>(query: string, items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return items
    .map((item) => ({ item, scores: words.map((word) => score(nameOf(item).toLowerCase(), word)) }))
    .filter(({ scores }) => scores.every((one) => one > 0))
    .sort((a, b) => sum(b.scores) - sum(a.scores))
    .map(({ item }) => item);
}

function score(name: string, word: string): number {
  if (name === word) return 4;
  const at = name.indexOf(word);
  if (at >= 0) return at === 0 || /[^\p{L}\p{N}]/u.test(name[at - 1] ?? '') ? 3 : 2;
  let from = 0;
  for (const letter of word) {
    from = name.indexOf(letter, from) + 1;
    if (from === 0) return 0;
  }
  return 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
