/** The ledger of deliveries: a state machine of plain data. */
export * from './checkpoint';
export * from './choice';
export * from './delivery';
export * from './transitions';
