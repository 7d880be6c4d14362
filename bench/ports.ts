import { claimPort } from '../examples/demo/net.ts';

/** A free port on 127.0.0.1 that the kernel gives to no outgoing connection. */
export const findPort = (): Promise<number> => claimPort(0);
