/**
 * One decode loop for every decoder of the Jacobi family, autoregression included.
 *
 * <pre>{@code
 * until all image tokens are accepted:
 *     rows     = last accepted token ++ window            clean token | noisy embedding
 *     p        = model.step(rows)                         one forward pass
 *     accepted = acceptance over the window's prefix      speculative | equality
 *     window   = refinement of the drafts that are left   resample | couple | denoise
 *     window   = window ++ initialisation                 noise | random token | neighbour's copy
 * }</pre>
 *
 * Read {@link org.sjd4j.decode.Decoding} first: it is the loop. {@link org.sjd4j.decode.Decoders} lists the choices of
 * parts. The package is pure Java: it knows a model only as {@link org.sjd4j.decode.ImageModel}, rows in, probability
 * rows out.
 *
 * <p><b>Why the parallel decoders sample what autoregression would have generated.</b> Every position owns its private
 * randomness. The model is causal, so the row p of a position in some pass depends only on the randomness of earlier
 * positions. A draft starts with a known distribution q, and each pass maps it, with fresh randomness of its own position, from
 * distribution q to distribution p, after which p is stored as its new q. When at last the row is computed on final tokens, the draft has
 * exactly the distribution p(token | accepted tokens), which is autoregression. Two rules follow, and the code keeps them:
 * <em>the stored q is always the distribution of the token in the window, also of a kept token</em>, and <em>a decision about a
 * position may look at its rows and at everything left of it, never at its own sampled token</em>.
 */
@NullMarked
package org.sjd4j.decode;

import org.jspecify.annotations.NullMarked;
