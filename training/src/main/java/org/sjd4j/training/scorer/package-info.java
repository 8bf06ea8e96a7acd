/** Training of the scorer. */
@NullMarked
package org.sjd4j.training.scorer;

import org.jspecify.annotations.NullMarked;
