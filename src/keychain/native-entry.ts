import type { Backend } from './recorded-backend';

/** The backends that the operating system keeps; `file` is ours. */
export type NativeBackend = Exclude<Backend, 'file'>;

type Binding = typeof import('@napi-rs/keyring');

export type NativeEntry = InstanceType<Binding['AsyncEntry'] | Binding['Entry']>;

/** The service name of every item zsp keeps. */
export const service = 'zsp';

/** Where each native backend lives. */
export const platformOf: Readonly<Record<NativeBackend, NodeJS.Platform>> = {
  'secret-service': 'linux',
  kernel: 'linux',
  keychain: 'darwin',
  wincred: 'win32',
};

/** Which store an entry is pinned to: left to itself the binding asks the Secret Service, and falls back silently to the kernel. */
export function pinned(backend: NativeBackend): { linux?: { store: 'keyutils' } } {
  return backend === 'kernel' ? { linux: { store: 'keyutils' } } : {};
}

/**
 * Where there is no session keyring (cron, containers) the kernel answers a thread's first question before it has given the
 * thread the user's keyrings, and wrongly: absent or denied. So one question is asked for nothing.
 */
export function settleKernelKeyring({ Entry }: Binding): void {
  try {
    new Entry(service, 'settle', pinned('kernel')).getPassword();
  } catch {
    // The next question tells.
  }
}

const suffixes: Partial<Record<NodeJS.Platform, string>> = { linux: '-gnu', win32: '-msvc', darwin: '' };

/** The binding, by its platform package, which loads 2 ms sooner than through its index; the index knows the rare platforms. */
export function loadBinding(): Binding {
  try {
    return require(`@napi-rs/keyring-${process.platform}-${process.arch}${suffixes[process.platform]}`) as Binding;
  } catch {
    return require('@napi-rs/keyring') as Binding;
  }
}
