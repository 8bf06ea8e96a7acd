/** Networks that judge pictures, and the scores and distances that are made of their features. */
@NullMarked
package org.sjd4j.judges;

import org.jspecify.annotations.NullMarked;
