/** The ledger of deliveries: a state machine of plain data. */
export * from './checkpoint';
export * from './delivery';
export * from './transitions';
