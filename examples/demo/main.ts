import { type Demo, startDemo } from './demo.ts';

function findPort(name: string, usual: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return usual;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${name} must be a port number, not "${text}"`);
  return port;
}

function describe(demo: Demo): string {
  const people = demo.users.map(
    (user) =>
      `    ${user.login.padEnd(6)} ${user.password.padEnd(10)}  ${user.role ?? 'no role: is refused, and told why'}`,
  );
  return `
  Claimgate is running in front of a legacy application.

    Open         ${demo.url}
    Public page  ${demo.url}/public   (no sign-in)
    Admins only  ${demo.url}/admin    (try it as anna, then as cara)
    Sign out     ${demo.url}/oauth2/sign_out

  Users and passwords (the sign-in page also has a button for each):
${people.join('\n')}

    Provider     ${demo.issuer}/.well-known/openid-configuration
    Application  ${demo.upstreamUrl}   (unguarded; only Claimgate should reach it)
    Metrics      ${demo.adminUrl}/metrics
    Log          ${demo.logFile}

  Nobody can put a name into the application from outside:
    curl -i -H 'X-Forwarded-User: anna' ${demo.url}/headers.json

  Ctrl-C stops everything.
`;
}

async function main(): Promise<void> {
  const ports = {
    app: findPort('DEMO_PORT', 8080),
    provider: findPort('DEMO_PROVIDER_PORT', 9400),
    upstream: findPort('DEMO_UPSTREAM_PORT', 9300),
    admin: findPort('DEMO_ADMIN_PORT', 9205),
  };
  const demo = await startDemo({ ports });
  process.stdout.write(describe(demo));
  const asked = new Promise<'asked'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('asked'));
  });
  const why = await Promise.race([asked, demo.ended]);
  if (why !== 'asked') console.error(`Claimgate ended by itself; its log is ${demo.logFile}`);
  await demo.stop();
  process.exitCode = why === 'asked' ? 0 : 1;
}

try {
  await main();
} catch (error) {
  const { code, port } = error as { code?: string; port?: number };
  console.error(
    code === 'EADDRINUSE'
      ? `Port ${port} is in use. DEMO_PORT, DEMO_PROVIDER_PORT, DEMO_UPSTREAM_PORT and DEMO_ADMIN_PORT choose others; 0 picks a free one.`
      : (error as Error).message,
  );
  process.exitCode = 1;
}
