import { describe } from 'vitest';
import { memoryStore } from '../support/memory-store';
import { storeContract } from './contract';

describe('the in-memory twin', () => {
  const store = memoryStore();
  storeContract(() => store);
});
