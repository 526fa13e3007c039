namespace DistTrain.Recipes.Tests;

[Trait("Kind", "Fast")]
public sealed class JobIdTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("7")]
    [InlineData("digits-momentum-2")]
    [InlineData("a-")]
    public void Lower_case_letters_digits_and_dashes_are_valid(string id) => Assert.True(JobId.IsValid(id));

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData("a_b")]
    [InlineData("a.b")]
    [InlineData("a/../b")]
    [InlineData("é")]
    [InlineData("٣")]
    [InlineData("a\n")]
    public void Everything_else_is_not(string id) => Assert.False(JobId.IsValid(id));

    [Fact]
    public void An_id_has_at_most_63_characters_and_a_name_40()
    {
        Assert.True(JobId.IsValid(new string('a', 63)));
        Assert.False(JobId.IsValid(new string('a', 64)));
        Assert.True(JobId.IsValidName(new string('a', 40)));
        Assert.False(JobId.IsValidName(new string('a', 41)));
    }
}
