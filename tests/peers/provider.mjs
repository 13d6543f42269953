// An OpenID Connect provider: oidc-provider from npm, with a page that lets one choose who one is.
// node provider.mjs SETTINGS.json (test_login.py writes it); prints one line once it listens.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider, { interactionPolicy } from 'oidc-provider';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const people = settings.people;
const resource = `https://${settings.client.client_id}.contoso.com/api`;
const names = Object.values(people).flatMap(Object.keys);
const own = ['sub', 'acr', 'auth_time', 'iss'];
// Browsers would ask for an icon that is not there.
const ICON = '<link rel="icon" href="data:,">';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

// The dashboard asks for `prompt=select_account`, which this provider does not know by itself.
const policy = interactionPolicy.base();
policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);

// Groups stand in both tokens, as Entra ID puts them there.
const provider = new Provider(settings.issuer, {
  clients: [settings.client],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  cookies: { keys: [settings.client.client_secret] },
  claims: { openid: [...new Set([...own, ...names])], email: ['email'], profile: ['name'] },
  conformIdTokenClaims: false,
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
  extraTokenClaims: (_, token) => ({ groups: people[token.accountId].groups }),
  interactions: { policy, url: (_, interaction) => `/choose/${interaction.uid}` },
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({
      clientId: oidc.client.clientId,
      accountId: oidc.session.accountId,
    });
    grant.addOIDCScope('openid email profile');
    grant.addResourceScope(resource, '');
    await grant.save();
    return grant;
  },
  features: {
    devInteractions: { enabled: false },
    // The page of the package loads a font from another server.
    rpInitiatedLogout: {
      logoutSource: (context, form) => {
        context.body = `<!doctype html><title>Log out</title>${ICON}${form}
          <button form="op.logoutForm" name="logout" value="yes">Yes</button>`;
      },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: '', accessTokenFormat: 'jwt' }),
    },
  },
});

const answer = provider.callback();
const pem = readFileSync(settings.certificate);
createServer({ key: pem, cert: pem }, async (request, response) => {
  const address = new URL(request.url, settings.issuer);
  const accountId = address.searchParams.get('person');
  if (!address.pathname.startsWith('/choose/')) {
    answer(request, response);
  } else if (accountId) {
    const result = { select_account: {}, login: { accountId } };
    await provider.interactionFinished(request, response, result);
  } else {
    const links = Object.keys(people).map((name) => `<p><a href="?person=${name}">${name}</a>`);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>Choose</title>${ICON}${links.join('')}`);
  }
}).listen(new URL(settings.issuer).port, '127.0.0.1', () => console.log('ready'));
