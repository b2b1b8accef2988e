//! Fences between a side that passes often and one that hardly ever does.
//!
//! A [`light`] fence and a [`heavy`] one order what is before and behind them as two `SeqCst` fences do. Where the
//! system can send every running thread of the process through a fence at once (`membarrier(2)`, Linux 4.14), the heavy
//! one asks for that, and the light one takes no instruction. Elsewhere both are full fences.
//!
//! D. Goldblatt, "Asymmetric Fences" (WG21 P1202, 2018).

#[cfg(all(test, models))]
use loom::sync::atomic::fence;
use std::sync::LazyLock;
#[cfg(not(all(test, models)))]
use std::sync::atomic::fence;
use std::sync::atomic::{Ordering, compiler_fence};

/// Whether the system sends threads through fences. Found out once, so that both sides always agree.
static IS_ASYMMETRIC: LazyLock<bool> = LazyLock::new(system::register);

/// Asks the system for such fences, if nobody did before. With several threads that takes some ten milliseconds.
pub(crate) fn prepare() {
    LazyLock::force(&IS_ASYMMETRIC);
}

/// A fence on the side that passes often.
#[inline(always)]
pub(crate) fn light() {
    if *IS_ASYMMETRIC {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// A fence on the other side. `false` if the system refuses what it had promised, as after a sandbox was entered: then
/// nothing is known about what the light side has written.
pub(crate) fn heavy() -> bool {
    fence(Ordering::SeqCst);
    !*IS_ASYMMETRIC || system::fence_all()
}

#[cfg(all(target_os = "linux", not(miri), not(all(test, models))))]
mod system {
    use libc::{
        MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, SYS_membarrier, membarrier_cmd,
        syscall,
    };

    /// Declares that the process is going to ask for fences; gives whether it may.
    pub(super) fn register() -> bool {
        membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
    }

    /// Sends every thread of the process through a fence; gives whether that was done.
    pub(super) fn fence_all() -> bool {
        membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)
    }

    fn membarrier(command: membarrier_cmd) -> bool {
        // SAFETY: the call takes a command and flags, and touches no memory.
        unsafe { syscall(SYS_membarrier, command, 0) == 0 }
    }
}

#[cfg(not(all(target_os = "linux", not(miri), not(all(test, models)))))]
mod system {
    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn fence_all() -> bool {
        true
    }
}

#[cfg(all(test, target_os = "linux", not(miri), not(models)))]
pub(crate) mod sandbox {
    use std::{io, ptr};

    use libc::{
        BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, EPERM, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP,
        SECCOMP_MODE_FILTER, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SYS_membarrier, prctl, sock_filter, sock_fprog,
    };

    /// Has the system refuse fences to the calling thread from now on.
    pub(crate) fn enter() {
        let step = |code: u32, unlike: u8, value: u32| sock_filter { code: code as u16, jt: 0, jf: unlike, k: value };
        let mut filter = [
            step(BPF_LD | BPF_W | BPF_ABS, 0, 0),
            step(BPF_JMP | BPF_JEQ | BPF_K, 1, SYS_membarrier as u32),
            step(BPF_RET | BPF_K, 0, SECCOMP_RET_ERRNO | EPERM as u32),
            step(BPF_RET | BPF_K, 0, SECCOMP_RET_ALLOW),
        ];
        let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
        // SAFETY: the program is as long as it says, and is copied.
        let entered = unsafe {
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ptr::from_ref(&program)) == 0
        };
        assert!(entered, "{}", io::Error::last_os_error());
    }

    #[test]
    fn a_fence_that_the_system_refuses_is_told_from_one_that_was_passed() {
        assert!(super::heavy());
        let refused = std::thread::spawn(|| {
            enter();
            !super::heavy()
        });
        assert_eq!(refused.join().expect("the thread ends well"), *super::IS_ASYMMETRIC);
    }
}
