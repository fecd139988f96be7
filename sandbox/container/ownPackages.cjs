// Leaves in ./package.json only what the sandbox is built from; the lock file still decides the versions.
const { readFileSync, writeFileSync } = require('node:fs');

const OWN = ['@peculiar/x509', 'fastify', 'node-forge', 'reflect-metadata', 'tsx'];

const { name, version, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const own = Object.fromEntries(OWN.map((each) => [each, devDependencies[each]]));
writeFileSync('package.json', JSON.stringify({ name, version, private: true, devDependencies: own }));
