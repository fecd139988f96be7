/** Connections that a client opens to MESH at most; more calls at the same time only wait for one. */
export const CONNECTIONS = 8;
