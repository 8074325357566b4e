import { sign } from 'aws4';
import type { Session } from '../broker/ports';
import { type Attempt, exchange, requestTo } from './attempt';
import { worded } from './faults';
import { readXml } from './xml';

/** Makes one call and reads its result: the texts of the answer's elements, by their path below `<Action>Result`. */
export type QueryCall = (
  attempt: Attempt,
  caller: Session,
  action: string,
  parameters: readonly (readonly [string, string])[],
) => Promise<ReadonlyMap<string, string>>;

/**
 * A service of the query protocol: a signed form there, XML back.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function queryApi(service: string, version: string): QueryCall {
  return async (attempt, caller, action, parameters) => {
    const body = new URLSearchParams([
      ['Action', action],
      ['Version', version],
      ...parameters.map(([...pair]) => pair),
    ]);
    const answer = await exchange(attempt, signed(attempt, service, caller, body.toString()));
    const texts = readXml(Buffer.from(answer.body).toString('utf8'));
    if (answer.status >= 400) throw refusalIn(texts);
    return below(`${action}Response/${action}Result/`, texts);
  };
}

/** Signature Version 4, dated by AWS's clock. */
function signed({ endpoint, region, clock }: Attempt, service: string, caller: Session, body: string) {
  const { accessKeyId, secretAccessKey, sessionToken } = caller;
  const request = requestTo(endpoint, {
    method: 'POST',
    path: '/',
    headers: { 'x-amz-date': new Date(clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, '') },
    body,
  });
  const { headers } = sign(
    { ...request, service, region },
    { accessKeyId, secretAccessKey: secretAccessKey.open(), sessionToken: sessionToken.open() },
  );
  return { ...request, headers };
}

/** What cannot be read leaves the status to tell. */
function refusalIn(texts: ReadonlyMap<string, string> | undefined): Error {
  const error = below('ErrorResponse/Error/', texts);
  return worded(error.get('Code') ?? '', error.get('Message') ?? '');
}

function below(path: string, texts: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const found = [...texts].filter(([name]) => name.startsWith(path));
  return new Map(found.map(([name, text]) => [name.slice(path.length), text]));
}
