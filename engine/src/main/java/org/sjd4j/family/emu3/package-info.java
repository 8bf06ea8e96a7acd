/** Emu3-Gen. */
@NullMarked
package org.sjd4j.family.emu3;

import org.jspecify.annotations.NullMarked;
