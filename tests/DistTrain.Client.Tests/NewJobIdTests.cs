using DistTrain.Recipes;

namespace DistTrain.Client.Tests;

[Trait("Kind", "Fast")]
public class NewJobIdTests
{
    [Fact]
    public void Name_time_in_utc_and_four_hex_digits() => Assert.Equal(
        "digits-20260203-040506-00af",
        NewJobId.Make("digits", new DateTimeOffset(2026, 2, 3, 5, 5, 6, TimeSpan.FromHours(1)), 0xaf));

    [Fact]
    public void The_longest_name_still_makes_a_valid_id() =>
        Assert.True(JobId.IsValid(NewJobId.Make(new string('a', 40), TimeProvider.System)));
}
