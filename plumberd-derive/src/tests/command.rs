use super::check;
use crate::command::attribute;
use expect_test::expect_file;
use quote::quote;

#[test]
fn commands_of_a_block() {
    let expansion = attribute(
        quote!(),
        &quote! {
            impl Accounts {
                async fn open(
                    &self,
                    id: Uuid,
                    command: &OpenAccount,
                    context: &CommandContext,
                ) -> Result<(), CommandFault> {
                    self.help(id).await
                }

                #[cfg(feature = "close")]
                async fn close(&self, id: Uuid, command: &CloseAccount) -> Result<(), CommandFault> {
                    Ok(())
                }

                fn help(&self) {}
            }
        },
    );

    check(expansion, &expect_file!["snapshots/commands_of_a_block.rs"]);
}

#[test]
fn commands_with_mistakes() {
    let expansion = attribute(
        quote!(),
        &quote! {
            impl Accounts {
                async fn open(&self, id: Uuid, command: OpenAccount) {}
            }
        },
    );

    check(
        expansion,
        &expect_file!["snapshots/commands_with_mistakes.rs"],
    );
}
