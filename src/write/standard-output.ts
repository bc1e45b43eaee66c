// How a path says that standard output is meant. It stands by itself because the options need it, and
// nothing else of what opens streams.

export const standardOutput = "-";
