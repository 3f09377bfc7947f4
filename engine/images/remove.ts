import { isDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { shortId } from "../../core/ids.ts";
import { familiarName, familiarReference, parseReference, withDefaultTag } from "../../core/reference.ts";
import type { ImageRecord, ImageStore } from "../../store/types.ts";
import type { ImageRemoval } from "../api.ts";

/** A container made from an image, as far as its removal is concerned. */
export interface ImageUser {
  readonly id: string;
  readonly running: boolean;
}

export type ImageUsers = (image: ImageRecord) => readonly ImageUser[];

export interface RemovalParts {
  readonly images: ImageStore;
  readonly users: ImageUsers;
}

/**
 * `rmi` by Docker's rules. A name is taken away; the image itself goes with its last name, unless a container uses it. An id takes all names away
 * when they are of one repository. `force` overrides stopped containers and several repositories, never a running container.
 * Throws IMAGE_UNKNOWN, IMAGE_IN_USE.
 */
export function removeImage(parts: RemovalParts, text: string, force: boolean): readonly ImageRemoval[] {
  const image = parts.images.get(text);
  return isIdOf(image, text) ? removeById(parts, image, force) : removeByName(parts, image, { text, force });
}

/** A prefix of the id that is not also a name of the image. */
function isIdOf(image: ImageRecord, text: string): boolean {
  if (isDigest(text)) return true;
  const hex = text.replace(/^sha256:/, "");
  if (!image.id.startsWith(`sha256:${hex}`)) return false;
  return !namesOf(image).includes(familiarReference(withDefaultTag(parseReference(text))));
}

const namesOf = (image: ImageRecord): readonly string[] => [...image.tags, ...image.digests];

function removeByName(
  { images, users }: RemovalParts,
  image: ImageRecord,
  { text, force }: { readonly text: string; readonly force: boolean },
): readonly ImageRemoval[] {
  const [user] = users(image);
  if (!force && isSingle(image) && user !== undefined) {
    const why = `container ${shortId(user.id)} is using its referenced image ${shortId(image.id)}`;
    throw new Failure("IMAGE_IN_USE", {
      why: `conflict: unable to remove repository reference ${JSON.stringify(text)} (must force) - ${why}`,
    });
  }
  const name = familiarReference(withDefaultTag(parseReference(text)));
  images.untag(name);
  const untagged = [{ untagged: name }];
  const rest = images.get(image.id);
  // Without its last name an image that is in use stays.
  if (rest.tags.length > 0 || user !== undefined) return untagged;
  return [...untagged, ...removeAll(images, rest)];
}

function removeById(parts: RemovalParts, image: ImageRecord, force: boolean): readonly ImageRemoval[] {
  const conflict = (why: string, remedy: "cannot be forced" | "must be forced") =>
    new Failure("IMAGE_IN_USE", {
      why: `conflict: unable to delete ${shortId(image.id)} (${remedy}) - ${why}`,
    });
  const users = parts.users(image);
  const running = users.find((user) => user.running);
  if (running !== undefined)
    throw conflict(`image is being used by running container ${shortId(running.id)}`, "cannot be forced");
  if (!force && !isSingle(image))
    throw conflict("image is referenced in multiple repositories", "must be forced");
  const [stopped] = users;
  if (!force && stopped !== undefined)
    throw conflict(`image is being used by stopped container ${shortId(stopped.id)}`, "must be forced");
  return removeAll(parts.images, image);
}

export function removeAll(images: ImageStore, image: ImageRecord): readonly ImageRemoval[] {
  images.remove(image.id);
  return [...namesOf(image).map((untagged) => ({ untagged })), { deleted: image.id }];
}

/** At most one tag, and all names in one repository. */
function isSingle(image: ImageRecord): boolean {
  const repositories = new Set(namesOf(image).map((name) => familiarName(parseReference(name))));
  return image.tags.length <= 1 && repositories.size <= 1;
}
