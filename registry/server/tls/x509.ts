import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIP } from "node:net";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** A certificate and its private key, both PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}
export interface Lifetime {
  readonly from: Date;
  readonly to: Date;
}
interface Contents {
  readonly subject: Name;
  readonly issuer: Name;
  readonly publicKey: KeyObject;
  readonly lifetime: Lifetime;
  readonly extensions: readonly Extension[];
}

const COMMON_NAME = "2.5.4.3";
/** RFC 5758: has no parameters. */
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const CRITICAL = true;

/** An authority that signs servers' certificates and nothing else: RFC 5280, P-256. */
export function makeAuthority(name: string, lifetime: Lifetime): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), CRITICAL),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign), CRITICAL),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId(publicKey))),
  ];
  const subject = nameOf(name);
  return {
    cert: signed({ subject, issuer: subject, publicKey, lifetime, extensions }, privateKey),
    key: pemOf(privateKey),
  };
}

/** A server's certificate for DNS names and IP addresses, one at least. Throws when the authority's certificate or key cannot be read. */
export function issueCertificate(authority: Pair, names: readonly string[], lifetime: Lifetime): Pair {
  const issuer = AsnConvert.parse(new X509Certificate(authority.cert).raw, Certificate).tbsCertificate
    .subject;
  const issuerKey = createPrivateKey(authority.key);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuerId = new KeyIdentifier(keyId(createPublicKey(issuerKey)));
  const extensions = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), CRITICAL),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), CRITICAL),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_subjectAltName, new SubjectAlternativeName(names.map(generalName))),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId(publicKey))),
    extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: issuerId })),
  ];
  const contents = { subject: nameOf("slipway registry"), issuer, publicKey, lifetime, extensions };
  return { cert: signed(contents, issuerKey), key: pemOf(privateKey) };
}

function signed(contents: Contents, issuerKey: KeyObject): string {
  const { subject, issuer, publicKey, lifetime, extensions } = contents;
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: algorithm,
    issuer,
    validity: new Validity({ notBefore: lifetime.from, notAfter: lifetime.to }),
    subject,
    subjectPublicKeyInfo: publicKeyInfo(publicKey),
    extensions: new Extensions([...extensions]),
  });
  const signature = sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), issuerKey);
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: exact(signature),
  });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString();
}

/** RFC 5280, 4.1.2.2: positive, at most 20 bytes. */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return exact(bytes);
}

const publicKeyInfo = (key: KeyObject): SubjectPublicKeyInfo =>
  AsnConvert.parse(key.export({ type: "spki", format: "der" }), SubjectPublicKeyInfo);

/** RFC 5280, 4.2.1.2, method 1. */
const keyId = (key: KeyObject): ArrayBuffer =>
  exact(
    createHash("sha1")
      .update(Buffer.from(publicKeyInfo(key).subjectPublicKey))
      .digest(),
  );

const nameOf = (commonName: string): Name =>
  new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({
        type: COMMON_NAME,
        value: new AttributeValue({ utf8String: commonName }),
      }),
    ]),
  ]);

const generalName = (name: string): GeneralName =>
  new GeneralName(isIP(name) === 0 ? { dNSName: name } : { iPAddress: name });

const extension = (extnID: string, value: object, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

const pemOf = (key: KeyObject): string => String(key.export({ type: "pkcs8", format: "pem" }));

/** A buffer of Node may be a part of a larger one. */
const exact = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
