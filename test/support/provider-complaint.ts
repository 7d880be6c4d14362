/** What the provider double finds wrong with a request. */
export class Complaint extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}

export function refuseClient(why: string): never {
  throw new Complaint(401, 'invalid_client', why);
}
