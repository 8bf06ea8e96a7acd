/** Chameleon and Lumina-mGPT. */
@NullMarked
package org.sjd4j.family.chameleon;

import org.jspecify.annotations.NullMarked;
