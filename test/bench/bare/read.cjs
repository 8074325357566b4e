// The least a credential process can be: one read of the keychain zsp reads, unsealed where it is sealed, printed.
// node read.cjs BACKEND ACCOUNT [SEALED_FILE [KEY_FILE]]
const { readFileSync, writeSync } = require('node:fs');

const [backend, account, sealedFile, keyFile] = process.argv.slice(2);
const { secretAccessKey, sessionToken, accessKeyId, expiration, accountId } = JSON.parse(itemText()).session;
const Expiration = `${new Date(expiration).toISOString().slice(0, 19)}Z`;
const secrets = { SecretAccessKey: secretAccessKey, SessionToken: sessionToken };
writeSync(
  1,
  `${JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, ...secrets, Expiration, AccountId: accountId })}\n`,
);

function itemText() {
  if (backend === 'secret-service') return native({ linux: { store: 'secret-service' } }, account);
  const key = backend === 'kernel' ? native({ linux: { store: 'keyutils' } }, 'data-key') : unwrapped();
  return open(Buffer.from(key, 'base64'), `zsp sealed item 1\0${account}`, readFileSync(sealedFile));
}

function native(options, name) {
  const { Entry } = require(`@napi-rs/keyring-linux-${process.arch}-gnu`);
  // Without a session keyring the kernel answers the first question wrongly (docs/adr/0001).
  if (backend === 'kernel') settle(new Entry('zsp', 'settle', options));
  return new Entry('zsp', name, options).getPassword();
}

function settle(entry) {
  try {
    entry.getPassword();
  } catch {}
}

function unwrapped() {
  const { scryptSync } = require('node:crypto');
  const { scrypt, salt, wrapped } = JSON.parse(readFileSync(keyFile, 'utf8'));
  const { N, r, p } = scrypt;
  const passphrase = process.env.ZSP_PASSPHRASE;
  const key = scryptSync(passphrase, Buffer.from(salt, 'base64'), 32, { N, r, p, maxmem: 256 * N * r });
  return open(key, `zsp sealed item 1\0data key under scrypt ${N} ${r} ${p}`, Buffer.from(wrapped, 'base64'));
}

function open(key, name, sealed) {
  const { createDecipheriv } = require('node:crypto');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 13));
  decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(13, 29));
  return decipher.update(sealed.subarray(29), undefined, 'utf8') + decipher.final('utf8');
}
