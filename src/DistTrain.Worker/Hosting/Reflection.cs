using DistTrain.Security;
using DistTrain.Security.Callers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DistTrain.Worker.Hosting;

/// <summary>
/// gRPC server reflection: tells tools which calls the front door has, so that they need no file of <c>protos</c>. For whom the front door itself is, and
/// only where it was asked for: a call of these methods loads its assembly, which a silo's start has no time for.
/// </summary>
internal static class Reflection
{
    public static void Add(IServiceCollection services) => services.AddGrpcReflection();

    public static void Map(WebApplication app, Admission admission) =>
        app.MapGrpcReflectionService().For(admission, CallerRoles.Submitter, CallerRoles.Operator).Audited();
}
