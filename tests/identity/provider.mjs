// A city's identity provider, as tests run it: node provider.mjs PORT CLIENT SECRET REDIRECT SIGNED_OUT.
// Its login page takes any name; the name is the subject.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, client, secret, redirect, signedOut] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: client,
      client_secret: secret,
      redirect_uris: [redirect],
      post_logout_redirect_uris: [signedOut],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  cookies: { keys: [secret] },
  ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 600, IdToken: 60, Interaction: 600, Session: 600 },
});
createServer(provider.callback()).listen(Number(port), "127.0.0.1", () => console.log("listening"));
