// All deeds for the rules that come with the program.

import {
  containerDeeds,
  discoveryDeeds,
  kernelDeeds,
  mountDeeds,
  networkDeeds,
} from "./host-deeds.ts";
import { credentialDeeds, persistenceDeeds, shellDeeds } from "./shell-deeds.ts";
import { evasionDeeds, executionDeeds, privilegeDeeds } from "./trace-deeds.ts";

export const defaultDeeds = [
  ...shellDeeds,
  ...credentialDeeds,
  ...persistenceDeeds,
  ...evasionDeeds,
  ...executionDeeds,
  ...privilegeDeeds,
  ...containerDeeds,
  ...networkDeeds,
  ...kernelDeeds,
  ...mountDeeds,
  ...discoveryDeeds,
];
