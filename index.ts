/** Placeholder while the parts are put together. */
export {};
