/** What PyTorch files hold: pickles, read as data that nothing ever calls. */
@NullMarked
package org.sjd4j.checkpoint.pickle;

import org.jspecify.annotations.NullMarked;
