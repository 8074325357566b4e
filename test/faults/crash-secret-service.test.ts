import { needs } from '../support/needs';
import { privateKeyring } from '../support/private-keyring';
import { run } from '../support/zsp';
import { crashTests } from './crash';

crashTests('secret-service', needs('linux', 'dbus', 'gnome-keyring', 'secret-tool'), async (stage) => {
  const { env: bus, unlock, stop } = await privateKeyring();
  const env = { ZSP_PASSPHRASE: '', DBUS_SESSION_BUS_ADDRESS: bus.DBUS_SESSION_BUS_ADDRESS ?? '' };
  const forget = () => run('secret-tool', ['clear', 'service', 'zsp'], { env: { ...stage.env, ...env } });
  // A new daemon for each: one whose clients were killed by the dozen has ended under them, and the bus starts a locked one.
  return { env, through: [], prepare: unlock, forget, stop };
});
