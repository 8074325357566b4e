import { crashTests } from './crash';

const nothing = async () => {};

crashTests('file', { skip: false, why: '' }, async () => ({ env: {}, through: [], forget: nothing, stop: nothing }));
