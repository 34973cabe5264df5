package dev.backplane.engine.schedule;

import dev.backplane.engine.cache.BlockKey;
import dev.backplane.engine.cache.BlockPool;
import dev.backplane.engine.model.Adapter;
import dev.backplane.engine.model.KeyValueCache;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/// A request as the scheduler sees it: tokens that are known, how many of them are computed, and
/// the blocks that hold what was.
///
/// There is no phase of prompts and none of answers: in each step a sequence's computed tokens
/// catch up with its known ones as far as the budget allows, and one that has caught up is given
/// its next token (the idea of vLLM's scheduler).
public final class Sequence {
    private static final int BLOCK = KeyValueCache.BLOCK;

    private static final int[] NONE = {};

    private final String user;
    private final int priority;
    private final String salt;
    private final int lengthMax;
    private final int promptLength;
    private final List<BlockKey> keys = new ArrayList<>();
    private final BlockKey root;
    private Adapter adapter = Adapter.NONE;
    private int[] tokens;
    private int length;
    private int computed;
    private int scheduled;
    private int[] table;
    private int blocks;
    private int published;
    private int cached;
    private int preemptions;

    /// Tokens that somebody says come next.
    private int[] drafts = NONE;

    /// Drafts that are computed in the present step.
    private int drafted;

    /// The first row of the prompt whose logits are wanted, to see what it says of the next token.
    private int scoreNext;

    /// Such rows in the present step.
    private int scored;

    /// Of priority 0.
    public Sequence(int[] prompt, int lengthMax, String user, String salt) {
        this(prompt, lengthMax, user, 0, salt);
    }

    /// @param lengthMax tokens of prompt and answer together
    /// @param priority among those of its user: lower numbers come first, and are set back last
    public Sequence(int[] prompt, int lengthMax, String user, int priority, String salt) {
        this.user = user;
        this.priority = priority;
        this.salt = salt;
        this.lengthMax = lengthMax;
        this.promptLength = prompt.length;
        this.length = prompt.length;
        this.tokens = prompt.clone();
        this.table = new int[Math.ceilDiv(prompt.length + 1, BLOCK)];
        this.root = BlockKey.root(salt);
        this.scoreNext = promptLength - 1;
    }

    /// Is computed with an adapter, which its salt has to name. Before anything is computed.
    public Sequence with(Adapter other) {
        adapter = other;
        return this;
    }

    /// Wants logits after each of its prompt's tokens, once, whatever is cached. Before anything is
    /// computed.
    public Sequence scoringPrompt() {
        scoreNext = 0;
        return this;
    }

    /// Rows of the prompt that gave logits in the step that was computed last, before those for its
    /// next token if it has caught up.
    public int scored() {
        return scored;
    }

    /// Place of the first token that those rows say something of.
    public int firstScored() {
        return scoreNext - scored + 1;
    }

    /// Whether all known tokens are computed, and the next one can be chosen.
    public boolean caughtUp() {
        return missing() == 0;
    }

    /// Whether the logits after a token of the prompt are wanted.
    boolean isScored(int index) {
        return index >= scoreNext && index < promptLength - 1;
    }

    /// The most of its next `count` tokens of which no more than `scores` are such.
    int within(int count, int scores) {
        int first = Math.max(computed, scoreNext);
        boolean fits = Math.min(computed + count, promptLength - 1) - first <= scores;
        return fits ? count : first + scores - computed;
    }

    Adapter adapter() {
        return adapter;
    }

    public String user() {
        return user;
    }

    int priority() {
        return priority;
    }

    public String salt() {
        return salt;
    }

    /// Tokens that it may have, prompt and answer together.
    public int lengthMax() {
        return lengthMax;
    }

    /// Known tokens.
    public int length() {
        return length;
    }

    public int promptLength() {
        return promptLength;
    }

    /// Whether it has as many tokens as it may.
    public boolean full() {
        return length == lengthMax;
    }

    /// Tokens of the prompt that were in the cache when it first began.
    public int cached() {
        return cached;
    }

    public int preemptions() {
        return preemptions;
    }

    /// The blocks that it may come to need.
    public int blocksMax() {
        return Math.ceilDiv(lengthMax - 1, BLOCK);
    }

    /// A known token, or behind them a draft.
    public int token(int index) {
        return index < length ? tokens[index] : drafts[index - length];
    }

    /// Says what may come next, to be computed beside the token that is missing as far as a step
    /// has room. Forgotten with the step.
    ///
    /// @param tokens fewer than are missing to the full length
    public void propose(int[] tokens) {
        drafts = tokens;
    }

    /// Drafts that nobody has computed.
    int drafts() {
        return drafts.length;
    }

    /// Drafts that the step that was planned last computes: it gives logits after the last known
    /// token and after each of these.
    public int drafted() {
        return drafted;
    }

    /// The draft number `index` of those.
    public int draft(int index) {
        return drafts[index];
    }

    int[] table() {
        return table;
    }

    int computed() {
        return computed;
    }

    /// Tokens that are known and not computed.
    int missing() {
        return length - computed;
    }

    /// Tokens that are computed in the present step.
    public int scheduled() {
        return scheduled;
    }

    /// Takes the next token, whose keys and values are for a later step.
    public void append(int token) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.min(lengthMax, 2 * length));
        }
        tokens[length++] = token;
    }

    /// Holds the blocks of a beginning that others have computed. At least one token is left, for
    /// its logits.
    void holdCached(BlockPool pool) {
        boolean toScore = scoreNext < promptLength - 1;
        int most = (toScore ? scoreNext : length - 1) / BLOCK;
        while (blocks < most) {
            OptionalInt block = pool.hold(key(blocks));
            if (block.isEmpty()) {
                break;
            }
            hold(block.getAsInt());
        }
        computed = blocks * BLOCK;
        published = blocks;
        if (preemptions == 0) {
            cached = Math.min(computed, promptLength);
        }
    }

    private void hold(int block) {
        if (blocks == table.length) {
            table = Arrays.copyOf(table, 2 * blocks);
        }
        table[blocks++] = block;
    }

    private BlockKey key(int block) {
        while (keys.size() <= block) {
            BlockKey parent = keys.isEmpty() ? root : keys.getLast();
            keys.add(parent.next(tokens, keys.size() * BLOCK, BLOCK));
        }
        return keys.get(block);
    }

    /// Blocks that have to be taken before `count` more tokens can be computed.
    int blocksFor(int count) {
        return Math.max(0, Math.ceilDiv(computed + count, BLOCK) - blocks);
    }

    /// Takes those blocks and is to compute so many tokens in this step.
    ///
    /// @param guesses drafts beside them
    /// @param scores rows of the prompt among them that give logits
    void schedule(int count, int guesses, int scores, BlockPool pool) {
        for (int missing = blocksFor(count + guesses); missing > 0; missing--) {
            hold(pool.take());
        }
        scheduled = count;
        drafted = guesses;
        scored = scores;
    }

    /// The step is done: what it filled may be used by others.
    void advance(BlockPool pool) {
        computed += scheduled;
        scheduled = 0;
        scoreNext += scored;
        publish(pool);
    }

    /// The token that was appended last is the draft that was computed for its place.
    void accept(BlockPool pool) {
        computed++;
        publish(pool);
    }

    /// The step's logits were looked at; drafts that did not come are computed over.
    void forgetDrafts() {
        drafts = NONE;
        drafted = 0;
        scored = 0;
    }

    private void publish(BlockPool pool) {
        for (; published < computed / BLOCK; published++) {
            pool.publish(table[published], key(published));
        }
    }

    /// Gives back all blocks, the last first. Content that was published stays until its blocks are
    /// taken.
    void release(BlockPool pool) {
        while (blocks > 0) {
            pool.release(table[--blocks]);
        }
        computed = 0;
        scheduled = 0;
        published = 0;
        forgetDrafts();
    }

    /// Starts over later, to make room.
    void preempt(BlockPool pool) {
        release(pool);
        preemptions++;
    }
}
