declare module 'fs-native-extensions' {
  /** Locks the whole file for this open file; false if another open file of it is locked. Throws errno errors. */
  export function tryLock(fd: number): boolean;
}
