import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { invalidCredential } from '../credentials/invalidCredential';
import { errorCode } from '../failures/errorCode';
import type { PemBlock } from './pemBlocks';

/** A private key and the clean PEM that it was read from, still encrypted if it was. */
export interface ReadKey {
	key: KeyObject;
	pem: string;
}

const PARAMETER = 'privateKey';
const KEY_NAMES = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

/** The private keys among the blocks: PKCS#8, PKCS#1 and EC, plain or encrypted. */
export function readPrivateKeys(blocks: PemBlock[], passphrase: string | undefined): ReadKey[] {
	for (const { label } of blocks) {
		const advice = MISTAKEN_FOR_KEY[label];
		if (advice) throw invalidCredential(PARAMETER, `The private key ${advice[0]}`, advice[1]);
	}
	return blocks.filter(({ label }) => KEY_NAMES.includes(label)).map((block) => readPrivateKey(block, passphrase));
}

const MISTAKEN_FOR_KEY: Readonly<Record<string, [is: string, doThis: string]>> = {
	'OPENSSH PRIVATE KEY': ['is an SSH key', 'Paste the key that belongs to the MESH certificate.'],
	'DSA PRIVATE KEY': ['is a DSA key, which TLS no longer uses', 'Make an RSA or EC key and have it signed.'],
};

function readPrivateKey({ label, pem, hasEncryptionHeaders }: PemBlock, passphrase: string | undefined): ReadKey {
	const encrypted = hasEncryptionHeaders || label === 'ENCRYPTED PRIVATE KEY';
	if (encrypted && !passphrase) {
		throw invalidCredential('passphrase', 'The private key is encrypted, and the passphrase is missing', 'Give the passphrase of the private key.');
	}
	try {
		return { key: createPrivateKey({ key: pem, passphrase: passphrase ?? '' }), pem };
	} catch (error) {
		throw unreadableKey(error, encrypted);
	}
}

function unreadableKey(error: unknown, encrypted: boolean) {
	const code = errorCode(error);
	if (!encrypted) {
		return invalidCredential(PARAMETER, 'The private key cannot be read: it is damaged', 'Paste the text again as it is in the file.');
	}
	if (code === 'ERR_OSSL_EVP_UNSUPPORTED' || code === 'ERR_OSSL_UNSUPPORTED') {
		return invalidCredential(
			PARAMETER,
			'The private key is encrypted with an old method that is no longer supported',
			'Convert it: openssl pkcs8 -provider legacy -provider default -in old.key -topk8 -out new.key',
		);
	}
	return invalidCredential(
		'passphrase',
		'The private key cannot be decrypted: the passphrase is wrong, or the key is damaged',
		'Check the passphrase. It is that of the private key, not the mailbox password.',
	);
}
