import type { Check, Finding } from './check';
import { asFinding } from './finding-of';
import { withoutSignIn } from './idle';
import { questions } from './questions';

/** Sign-in, portal and STS answer, through the proxy where there is one. */
export const endpointsReached: Check = {
  name: 'AWS answers',
  idle: withoutSignIn,
  async run({ env, reach }) {
    const answers = questions(env).map(({ service, endpoint }) =>
      reach(service, endpoint).then(
        (): readonly Finding[] => [],
        (error: unknown) => [asFinding(error)],
      ),
    );
    const findings = (await Promise.all(answers)).flat();
    return [...new Map(findings.map((one): [string, Finding] => [one.message, one])).values()];
  },
};
