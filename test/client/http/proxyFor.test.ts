import { proxyFor } from '../../../nodes/Mesh/client/http/proxy';

const mesh = 'https://msg.intspineservices.nhs.uk';

test.each<[string, NodeJS.ProcessEnv, string | undefined]>([
	['nothing', {}, undefined],
	['a proxy for https', { HTTPS_PROXY: 'http://proxy:1' }, 'http://proxy:1'],
	['the same in small letters', { https_proxy: 'http://proxy:1', HTTPS_PROXY: 'http://other:1' }, 'http://proxy:1'],
	['a proxy for http only', { HTTP_PROXY: 'http://proxy:1' }, undefined],
	['a proxy for everything', { ALL_PROXY: 'http://proxy:1' }, 'http://proxy:1'],
	['a proxy without a scheme', { HTTPS_PROXY: 'proxy:1' }, 'http://proxy:1'],
	['an empty proxy', { HTTPS_PROXY: '' }, undefined],
	['an exception for the host', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'a.b, MSG.intspineservices.nhs.uk' }, undefined],
	['an exception for the domain', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '.nhs.uk' }, undefined],
	['an exception with a star', { HTTPS_PROXY: 'http://proxy:1', no_proxy: '*.nhs.uk' }, undefined],
	['an exception for all', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '*' }, undefined],
	['an exception for the port', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'msg.intspineservices.nhs.uk:443' }, undefined],
	['an exception for another port', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'msg.intspineservices.nhs.uk:8443' }, 'http://proxy:1'],
	['an exception for the end of a name that is not a domain', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'nhs.uk' }, 'http://proxy:1'],
])('with %s in the environment, MESH is reached as n8n reaches other hosts', (_what, environment, expected) => {
	expect(proxyFor(mesh, environment)).toBe(expected);
});

test('a plain http server has the proxy for http', () => {
	expect(proxyFor('http://localhost:8700', { HTTPS_PROXY: 'http://a', http_proxy: 'http://b' })).toBe('http://b');
});
