//! Group E: caller-provided buffers whose filler misreports what it wrote (rabbitizer issue 62, renderdoc-rs issue 143).

/// A renderer reports the length that its text would have had. The safe crate refuses to believe it.
pub mod buffer_overclaim {
    use std::ptr;

    use ledger::{Account, Error};

    use crate::{api, Outcome};

    /// Renders a summary of an account into a buffer that is too small, by `renderer`.
    fn render(renderer: ledger_sys::ledger_renderer) -> Result<Error, &'static str> {
        let account = Account::open("Augusta Ada King, Countess of Lovelace", 0).map_err(|_| "no account")?;
        // SAFETY: the renderers keep to the signature and use no user data.
        unsafe { ledger_sys::ledger_account_set_renderer(account.as_ptr(), renderer, ptr::null_mut()) };
        let refusal = account.statement_into(&mut [0; 24]).err();
        refusal.ok_or("a summary fitted where it cannot fit")
    }

    pub fn bad() -> Outcome {
        match render(Some(api::renderer_overclaiming))? {
            refusal @ Error::OverClaim { .. } => println!("the safe crate refused: {refusal}"),
            other => return Err(other.into()),
        }
        Ok(())
    }

    pub fn good() -> Outcome {
        match render(Some(api::renderer_honest))? {
            refusal @ Error::Capacity { .. } => println!("the renderer said: {refusal}"),
            other => return Err(other.into()),
        }
        Ok(())
    }
}
