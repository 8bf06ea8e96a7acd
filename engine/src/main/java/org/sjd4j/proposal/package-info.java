/** What a model may have besides its weights that proposes better drafts: weights that read noise, a neighbour head. */
@NullMarked
package org.sjd4j.proposal;

import org.jspecify.annotations.NullMarked;
