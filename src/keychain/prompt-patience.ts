/** How long an unlock prompt is waited for, in milliseconds. */
export const promptPatience = 10_000;

/**
 * What a keychain answers, which may have to ask its user.
 * @param giveUp ends the question, where that is possible
 * @throws what the question throws; an error that says `timed out`
 */
export async function withPatience<T>(
  answer: Promise<T>,
  milliseconds: number,
  giveUp: (error: Error) => void = () => {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error('timed out');
      reject(error);
      giveUp(error);
    }, milliseconds);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
