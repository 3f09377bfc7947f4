import { randomBelow } from "../../core/random.ts";

const ADJECTIVES =
  `able amber ample azure balmy bold brave breezy brief bright brisk calm candid clever coastal
copper coral crisp daring deep eager early earnest easy even fair fleet fluent fond frank free fresh gentle glad golden
grand hardy hazel humble ivory jolly keen kind lasting level light lively loyal lucid lunar mellow merry mild modest
neat nimble noble open patient placid plain polar polite prime proud quick quiet rapid ready rosy royal rustic sandy
serene sharp silent silver simple sincere sleek smooth snowy solar solid sound spry stable steady still stout sturdy
sunny sure swift tender tidal tidy trim true upbeat vivid warm wise witty young`.split(/\s+/);

/** Shipwrights, navigators, engineers and computing people. */
const SURNAMES =
  `amundsen anning archimedes babbage backus banks barents bernerslee bessemer bligh boole bougainville
brunel cabot cartier chapman cook cooper cousteau dias dijkstra drake earhart eiffel engelbart erikson faraday fitzroy
floyd frobisher fulton fuller gama gilbert goddard gray hadley halley hamilton harrison herreshoff hertz hoare hopper
hudson humboldt huygens iverson jacquard kaplan kepler kilby knuth lamarr lamport laperouse liskov lovelace magellan
maury maxwell mccarthy mercator moitessier nansen naur newcomen nightingale noether ohm papin parsons perlis peary
ritchie ross royce savery scott shackleton shannon slocum smeaton stephenson stevin tabarly tasman telford tesla
thompson torvalds turing vancouver volta watt wheeler wilkes wirth wren zheng zuse`.split(/\s+/);

/** Picks a number below `limit`. */
export type Pick = (limit: number) => number;

/** Attempts without a number; after them a digit is added, so that a full set of names does not end the search. */
const PLAIN_ATTEMPTS = 5;

/** A name such as "brisk_shackleton" that `taken` does not know. */
export function randomName(taken: (name: string) => boolean, pick: Pick = randomBelow): string {
  for (let attempt = 0; ; attempt++) {
    const words = [ADJECTIVES[pick(ADJECTIVES.length)], SURNAMES[pick(SURNAMES.length)]].join("_");
    const name = attempt < PLAIN_ATTEMPTS ? words : `${words}${pick(10 ** (attempt - PLAIN_ATTEMPTS + 1))}`;
    if (!taken(name)) return name;
  }
}
