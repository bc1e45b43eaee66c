// The rules that come with the program: files of this folder as texts, which the bundler puts into the
// executable. Each file is a topic; common.yaml has the words that all of them use.

import { SourceFile } from "../language/source-text.ts";
import common from "./common.yaml" with { type: "text" };
import containers from "./containers.yaml" with { type: "text" };
import credentials from "./credentials.yaml" with { type: "text" };
import discovery from "./discovery.yaml" with { type: "text" };
import evasion from "./evasion.yaml" with { type: "text" };
import execution from "./execution.yaml" with { type: "text" };
import kernel from "./kernel.yaml" with { type: "text" };
import mounts from "./mounts.yaml" with { type: "text" };
import network from "./network.yaml" with { type: "text" };
import persistence from "./persistence.yaml" with { type: "text" };
import privilege from "./privilege.yaml" with { type: "text" };
import shells from "./shells.yaml" with { type: "text" };

const texts: Readonly<Record<string, string>> = {
  common,
  shells,
  credentials,
  persistence,
  privilege,
  evasion,
  execution,
  network,
  containers,
  kernel,
  mounts,
  discovery,
};

/** The files in the order in which they are loaded; in messages they are `default:TOPIC.yaml`. */
export function defaultPolicyFiles(): readonly SourceFile[] {
  return Object.entries(texts).map(
    ([topic, text]) => new SourceFile(`default:${topic}.yaml`, text),
  );
}
