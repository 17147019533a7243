// Runs an OpenID provider that others have written, for crates/openid/tests/independent_provider.rs. It reads one order
// a line (JSON, with a name in `do`) and answers each with a line.
import { createInterface } from "node:readline";
import { OAuth2Server } from "oauth2-mock-server";

const server = new OAuth2Server();
let identity = {};

// Lays `changes` over `payload`; null takes a claim away.
function change(payload, changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete payload[name];
    else payload[name] = value;
  }
}

const orders = {
  async start({ port }) {
    await server.start(port, "127.0.0.1");
    return { issuer: server.issuer.url, port: server.address().port };
  },
  async stop() {
    await server.stop();
    return {};
  },
  // A key of the same name takes the place of the one before.
  async key({ algorithm, kid }) {
    await server.issuer.keys.generate(algorithm, { kid });
    return {};
  },
  async token({ kid, claims, expires_in }) {
    const scopesOrTransform = (_header, payload) => change(payload, claims);
    return { token: await server.issuer.buildToken({ kid, scopesOrTransform, expiresIn: expires_in }) };
  },
  // What the tokens of the code flow say from now on.
  async identity({ claims }) {
    identity = claims;
    return {};
  },
};

server.service.on("beforeTokenSigning", (token) => change(token.payload, identity));

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  let answer;
  try {
    answer = await orders[order.do](order);
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
