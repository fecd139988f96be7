/** The ledger of deliveries: a state machine of plain data. */
export * from './checkpoint';
export * from './delivery';
export * from './ending';
export * from './failure';
export * from './handOver';
export * from './listing';
export * from './parking';
