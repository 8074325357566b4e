declare module 'aws4' {
  interface Signable {
    readonly service: string;
    readonly region: string;
    readonly headers: Readonly<Record<string, string>>;
  }

  /** Adds `Authorization` and the headers it covers; the date is that of `x-amz-date`. */
  export function sign(
    request: Signable,
    keys: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string },
  ): { readonly headers: Readonly<Record<string, string>> };
}
