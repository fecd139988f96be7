import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

/**
 * One MESH mailbox. Tested by `meshApiConnectionTest` (nodes/Mesh/methods), because a generic request could neither sign the
 * token nor explain what is wrong with a certificate.
 */
export class MeshApi implements ICredentialType {
	name = 'meshApi';

	displayName = 'NHS MESH API';

	icon: Icon = { light: 'file:../nodes/Mesh/mesh.svg', dark: 'file:../nodes/Mesh/mesh.dark.svg' };

	documentationUrl = 'https://github.com/n8n-nodes-nhs-mesh/n8n-nodes-nhs-mesh/blob/main/docs/credential.md#fields';

	properties: INodeProperties[] = [
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			default: 'integration',
			description: 'Which MESH to use. Mailboxes, passwords and certificates of one environment do not work in another.',
			options: [
				{
					name: 'Integration',
					value: 'integration',
					description: 'The NHS Path to Live environment for tests: msg.intspineservices.nhs.uk',
				},
				{ name: 'Production', value: 'production', description: 'Live patient data: mesh-sync.spineservices.nhs.uk' },
				{ name: 'Custom URL', value: 'custom', description: 'Another address, such as a local MESH sandbox or an HSCN host' },
			],
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. https://localhost:8700',
			description: 'Scheme, host and port only: /messageexchange is added for you. Plain http is accepted here, for test servers.',
			displayOptions: { show: { environment: ['custom'] } },
		},
		{
			displayName: 'Mailbox ID',
			name: 'mailboxId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. X26HC005',
			description: 'Your own mailbox in this environment',
		},
		{
			displayName: 'Mailbox Password',
			name: 'mailboxPassword',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'The password that NHS England issued with the mailbox',
		},
		// eslint-disable-next-line @n8n/community-nodes/credential-unnecessary-password -- it is a secret, though its name does not say so
		{
			displayName: 'Shared Key',
			name: 'sharedKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'The secret that every token is signed with. NHS England gives it to you together with your certificate; it is the same in every environment.',
		},
		// eslint-disable-next-line @n8n/community-nodes/credential-password-field -- a choice, not a secret
		{
			displayName: 'Client Certificate',
			name: 'certificateType',
			type: 'options',
			default: 'pem',
			description: 'In which form you have the certificate that NHS England signed for this mailbox',
			options: [
				{ name: 'PEM', value: 'pem', description: 'Two texts that start with -----BEGIN' },
				{ name: 'PKCS#12', value: 'pkcs12', description: 'One .p12 or .pfx file that holds certificate and key' },
			],
			displayOptions: { show: { environment: ['integration', 'production'] } },
		},
		// eslint-disable-next-line @n8n/community-nodes/credential-password-field -- a choice, not a secret
		{
			displayName: 'Client Certificate',
			name: 'certificateType',
			type: 'options',
			default: 'pem',
			description: 'In which form you have the client certificate',
			options: [
				{ name: 'None', value: 'none', description: 'For test servers that ask for no certificate' },
				{ name: 'PEM', value: 'pem', description: 'Two texts that start with -----BEGIN' },
				{ name: 'PKCS#12', value: 'pkcs12', description: 'One .p12 or .pfx file that holds certificate and key' },
			],
			displayOptions: { show: { environment: ['custom'] } },
		},
		{
			displayName: 'Certificate (PEM)',
			name: 'clientCertificate',
			type: 'string',
			typeOptions: { rows: 4, password: true },
			default: '',
			required: true,
			placeholder: '-----BEGIN CERTIFICATE-----',
			description: 'The client certificate, followed by its intermediate certificates if there are any',
			displayOptions: { show: { certificateType: ['pem'] } },
		},
		{
			displayName: 'Private Key (PEM)',
			name: 'privateKey',
			type: 'string',
			typeOptions: { rows: 4, password: true },
			default: '',
			placeholder: '-----BEGIN PRIVATE KEY-----',
			description:
				'The key that the certificate was requested with. Leave it empty if it is in the field above, too. Line breaks lost in pasting do not matter.',
			displayOptions: { show: { certificateType: ['pem'] } },
		},
		// eslint-disable-next-line @n8n/community-nodes/credential-unnecessary-password -- it is a secret, though its name does not say so
		{
			displayName: 'PKCS#12 File (Base64)',
			name: 'pkcs12',
			type: 'string',
			typeOptions: { rows: 4, password: true },
			default: '',
			required: true,
			placeholder: 'e.g. MIIKCQIBAzCCCc8GCSqGSIb3DQEHAaCC…',
			description:
				"The .p12 or .pfx file as base64 text. Make it with 'base64 -w0 client.p12' on Linux, 'base64 -i client.p12' on macOS or 'certutil -encode client.p12 client.txt' on Windows.",
			displayOptions: { show: { certificateType: ['pkcs12'] } },
		},
		{
			displayName: 'Passphrase',
			name: 'passphrase',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'Of the private key or of the PKCS#12 file. Leave it empty if there is none.',
			displayOptions: { show: { certificateType: ['pem', 'pkcs12'] } },
		},
		{
			displayName: 'CA Certificates',
			name: 'caCertificates',
			type: 'string',
			typeOptions: { rows: 4, password: true },
			default: '',
			required: true,
			placeholder: '-----BEGIN CERTIFICATE-----',
			description:
				"Root and sub CA certificates that MESH's own certificate is checked against, one after the other. They come from private NHS authorities, so n8n does not know them: NHS England publishes those of Integration with its Path to Live environments, those of Production at pki.nhs.uk.",
			displayOptions: { show: { environment: ['integration', 'production'] } },
		},
		{
			displayName: 'CA Certificates',
			name: 'caCertificates',
			type: 'string',
			typeOptions: { rows: 4, password: true },
			default: '',
			placeholder: '-----BEGIN CERTIFICATE-----',
			description:
				"Certificates that the server's own certificate is checked against, one after the other. For the local sandbox: the CA file that it wrote. Leave it empty for a server whose certificate n8n's host trusts already.",
			displayOptions: { show: { environment: ['custom'] } },
		},
		{
			displayName: 'Ignore SSL Issues (Insecure)',
			name: 'ignoreSslIssues',
			type: 'boolean',
			default: false,
			description:
				'Whether to connect even if the certificate of the server cannot be checked. For test servers without patient data only: servers of the NHS (nhs.uk) are always checked.',
			displayOptions: { show: { environment: ['custom'] } },
		},
		{
			displayName: 'Connections at Once',
			name: 'connectionsAtOnce',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 8 },
			default: 8,
			description:
				'How many requests to MESH may run at the same time for this mailbox in one n8n process, transfers of messages included. With 1 each waits for the one before, as suppliers declare who have one thread for each mailbox.',
		},
	];
}
