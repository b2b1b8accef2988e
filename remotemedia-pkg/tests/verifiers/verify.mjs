// Verifies bundles with the library of sigstore.
//
// node verify.mjs FOLDER: for every *.sigstore.json in it that names a key one line, "NAME OK" or "NAME REFUSED CODE".
// Keys are the *.pem beside them, found by the digest that a bundle names. Bundles with a certificate are left out: the
// library judges them by a timestamp of sigstore's public services only.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { Verifier, toSignedEntity, toTrustMaterial } from "@sigstore/verify";

const folder = process.argv[2];
const read = (name) => fs.readFileSync(path.join(folder, name));
const names = fs.readdirSync(folder).sort();

const keys = new Map();
for (const name of names.filter((name) => name.endsWith(".pem"))) {
  const publicKey = crypto.createPublicKey(read(name));
  const spki = publicKey.export({ format: "der", type: "spki" });
  const hint = crypto.createHash("sha256").update(spki).digest("base64");
  keys.set(hint, { publicKey, validFor: () => true });
}

const findKey = (hint) => {
  const key = keys.get(hint);
  if (!key) throw new Error(`unknown key ${hint}`);
  return key;
};
const root = TrustedRoot.fromJSON({
  mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  tlogs: [],
  ctlogs: [],
  certificateAuthorities: [],
  timestampAuthorities: [],
});
const verifier = new Verifier(toTrustMaterial(root, findKey), {
  tlogThreshold: 0,
  ctlogThreshold: 0,
  timestampThreshold: 0,
});

for (const name of names.filter((name) => name.endsWith(".sigstore.json"))) {
  const content = JSON.parse(read(name));
  if (content.verificationMaterial.certificate) continue;
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(content)));
    console.log(name, "OK");
  } catch (error) {
    console.log(name, "REFUSED", error.code ?? error.message);
  }
}
