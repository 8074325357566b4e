import { formatDuration } from '../duration';

/**
 * An instant as a person reads it, in the time zone of the process: `14:05 (in 58m)`, `14:05 (2h ago)`, and with the date
 * where it is not today. Both are epoch milliseconds.
 */
export function until(at: number, now: number): string {
  return `${clockTime(at, now)} (${at >= now ? `in ${timeLeft(at, now)}` : `${timeLeft(at, now)} ago`})`;
}

/**
 * How far an instant is from now, to the minute where it is a minute or more. What was just opened for 15m has 15m left, not
 * 14m: a time to come is rounded up, one gone by down.
 */
export function timeLeft(at: number, now: number): string {
  const round = at >= now ? Math.ceil : Math.floor;
  const seconds = round(Math.abs(at - now) / 1000);
  return formatDuration(seconds >= 60 ? round(seconds / 60) * 60 : seconds);
}

/** `14:05`, or `2026-01-02 14:05` where that is not today. */
export function clockTime(at: number, now: number): string {
  const [day, time] = localDateTime(at);
  return day === localDateTime(now)[0] ? time : `${day} ${time}`;
}

function localDateTime(at: number): readonly [day: string, time: string] {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return [
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    `${two(date.getHours())}:${two(date.getMinutes())}`,
  ];
}
