using System.Security.Claims;

namespace DistTrain.Security.Callers;

/// <summary>Who calls.</summary>
/// <param name="Name">As in the certificate, the access file or the token.</param>
/// <param name="Role">One of <see cref="CallerRoles"/>.</param>
public sealed record Caller(string Name, string Role)
{
    /// <summary>Everybody, where nobody has to show who they are.</summary>
    public static Caller Anybody { get; } = new("anybody", CallerRoles.Operator);

    /// <summary>True where all jobs are the caller's to act upon.</summary>
    public bool IsOperator => Role == CallerRoles.Operator;

    /// <summary>The caller of a request; <see cref="Anybody"/> where the process asks nobody.</summary>
    public static Caller Of(ClaimsPrincipal user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user.Identity is { IsAuthenticated: true } identity
            ? new Caller(identity.Name ?? string.Empty, user.FindFirstValue(ClaimTypes.Role) ?? string.Empty)
            : Anybody;
    }
}
